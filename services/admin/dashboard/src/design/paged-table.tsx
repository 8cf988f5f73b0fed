import type { ComponentProps } from "react";
import { Pager } from "./pager.tsx";
import { Table } from "./table.tsx";

/** A list that is read page by page: the rows of one page, and the way to the others. */
export function PagedTable<Row>({
  noun,
  nextPageToken,
  ...table
}: ComponentProps<typeof Table<Row>> & {
  /** What the rows are, in the plural. */
  readonly noun: string;
  /** Of the answer; empty at the end. */
  readonly nextPageToken: string;
}) {
  return (
    <>
      <Table {...table} />
      <Pager count={table.rows.length} noun={noun} nextPageToken={nextPageToken} />
    </>
  );
}
