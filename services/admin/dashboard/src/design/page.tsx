import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { Icon } from "./icon.tsx";
import "./page.css";

/** Head of a page: where one is, what it is, what can be done. Sets the window's title. */
export function PageHeader({
  title,
  about,
  back,
  badges,
  actions,
}: {
  title: string;
  /** One sentence or the facts that matter most. */
  about?: ReactNode;
  back?: { readonly href: string; readonly label: string };
  badges?: ReactNode;
  actions?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  return (
    <header className="page-header">
      <div className="page-heading">
        {back && (
          <Link href={back.href} className="page-back">
            <Icon name="back" size={14} />
            {back.label}
          </Link>
        )}
        <div className="page-title">
          <h1>{title}</h1>
          {badges}
        </div>
        {about && <p className="page-about">{about}</p>}
      </div>
      {actions && <div className="page-actions">{actions}</div>}
    </header>
  );
}
