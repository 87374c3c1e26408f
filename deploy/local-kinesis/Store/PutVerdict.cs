namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>What a shard did with a record.</summary>
internal enum PutVerdict
{
    Applied,
    Throttled,

    /// <summary>The shard closed since it was looked up: the record belongs to a child.</summary>
    Closed,
}
