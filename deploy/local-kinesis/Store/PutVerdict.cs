namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>What a shard did with a record.</summary>
internal enum PutVerdict
{
    Applied,
    Throttled,

    /// <summary>The shard closed since it was looked up: the record belongs to a child.</summary>
    Closed,

    /// <summary>The shard has taken the records after which it was to be cut over: the caller does that now.</summary>
    CutOverDue,
}
