import type { ReactNode } from "react";
import { useSearchParams } from "wouter";
import { searchWith } from "../data/url-state.ts";
import { Icon } from "./icon.tsx";
import "./table.css";

/** A column of a table. */
export interface Column<Row> {
  /** Name in the address when sorted by it. */
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Orders rows; without it the column is not sortable. */
  readonly compare?: (left: Row, right: Row) => number;
  /** Figures stand right, so that their digits stand below each other. */
  readonly align?: "right";
  /** Left out on narrow screens: what one can do without. */
  readonly isMinor?: boolean;
}

/**
 * Rows in columns. The order is kept in the address (`sort=-available`), so that a view can be linked; it orders the
 * rows at hand, which a paged list says.
 */
export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
  empty,
  sortName = "sort",
}: {
  /** Names the table for screen readers. */
  label: string;
  columns: ReadonlyArray<Column<Row>>;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Shown without rows. */
  empty: ReactNode;
  /** Name of the order in the address; two tables of a page need two. */
  sortName?: string;
}) {
  const [parameters] = useSearchParams();
  const order = parameters.get(sortName) ?? "";
  if (rows.length === 0) return <>{empty}</>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of rows, not of fields
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className="table-frame" role="group" aria-label={label} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} order={order} sortName={sortName} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, columns, order).map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.id} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function HeadCell<Row>({
  column,
  order,
  sortName,
}: {
  column: Column<Row>;
  order: string;
  sortName: string;
}) {
  const [parameters, setParameters] = useSearchParams();
  const { id, title, compare } = column;
  if (compare === undefined)
    return (
      <th scope="col" className={classOf(column)}>
        {title}
      </th>
    );
  const direction = order === id ? "ascending" : order === `-${id}` ? "descending" : "none";
  const next = { none: id, ascending: `-${id}`, descending: undefined }[direction];
  const icon = { none: "sort", ascending: "up", descending: "down" } as const;
  return (
    <th scope="col" className={classOf(column)} aria-sort={direction}>
      <button
        type="button"
        className="table-sort"
        onClick={() =>
          setParameters(searchWith(parameters, { [sortName]: next }).slice(1), { replace: true })
        }
      >
        {title}
        <Icon name={icon[direction]} size={13} />
      </button>
    </th>
  );
}

function classOf<Row>({ align, isMinor }: Column<Row>): string | undefined {
  const classes = [align === "right" && "table-right", isMinor && "table-minor"].filter(Boolean);
  return classes.length === 0 ? undefined : classes.join(" ");
}

function sorted<Row>(
  rows: readonly Row[],
  columns: ReadonlyArray<Column<Row>>,
  order: string,
): readonly Row[] {
  const isDescending = order.startsWith("-");
  const compare = columns.find(({ id }) => id === order.replace("-", ""))?.compare;
  if (compare === undefined) return rows;
  return rows.toSorted((left, right) => (isDescending ? compare(right, left) : compare(left, right)));
}
