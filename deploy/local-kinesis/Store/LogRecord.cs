namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>One applied record as it lies in the log; its memory is valid only under the shard's lock.</summary>
internal readonly record struct LogRecord(
    long Counter, UInt128 Hash, long ArrivalTicks, RecordMarks Marks, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Data);
