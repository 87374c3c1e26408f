namespace Orleans.Kpl.Pipeline.Settings;

/// <summary>What one PutRecords call may carry: Kinesis records, and bytes of keys and payloads.</summary>
internal readonly record struct CollectionLimits(int MaxCount, long MaxBytes);
