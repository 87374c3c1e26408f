namespace Orleans.Kpl.Aws.Wire.Cbor;

/// <summary>Reads the answer of one operation; the reader stands before the map. Members may come in any order, unknown ones are skipped.</summary>
internal delegate T CborReplyReader<out T>(ref CborReader cbor);
