namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The kind of an operation, which selects the account's host that serves it (Kinesis' service model, OperationType).</summary>
internal enum OperationKind
{
    /// <summary>The operation writes or reads records.</summary>
    Data,

    /// <summary>The operation describes or changes the stream or its shards.</summary>
    Control,

    /// <summary>The operation always goes to the region's host.</summary>
    Regional,
}
