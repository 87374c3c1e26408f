namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>A message: a part of an array.</summary>
internal readonly record struct Md5Message(byte[] Array, int Offset, int Length);
