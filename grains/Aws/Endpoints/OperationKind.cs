namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>Which of an account's hosts serves an operation (Kinesis' service model, OperationType).</summary>
internal enum OperationKind
{
    /// <summary>Records go in or out.</summary>
    Data,

    /// <summary>The stream or its shards are described or changed.</summary>
    Control,

    /// <summary>Always the region's host.</summary>
    Regional,
}
