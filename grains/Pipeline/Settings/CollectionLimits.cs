namespace Orleans.Kpl.Pipeline.Settings;

/// <summary>The maximum content of one PutRecords call: Kinesis records, and bytes of keys and payloads.</summary>
internal readonly record struct CollectionLimits(int MaxCount, long MaxBytes);
