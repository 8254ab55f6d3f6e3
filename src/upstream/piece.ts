/** The piece that gunzip takes when it is told nothing. */
const LEAST_PIECE = 16_384;
/** Nothing becomes more than so many times as long. */
const MOST_TIMES = 1_032;

/**
 * The size of the pieces in which a gzipped body is decoded: one and a byte, by what its last four bytes say of its length.
 * Small ones, which are joined in the end, would take the room twice.
 */
export function pieceOf(body: Buffer, maxBytes: number): number {
  const said = body.length < 4 ? 0 : body.readUInt32LE(body.length - 4);
  return Math.max(LEAST_PIECE, Math.min(said, maxBytes, body.length * MOST_TIMES) + 1);
}
