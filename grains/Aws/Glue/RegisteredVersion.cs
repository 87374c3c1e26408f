namespace Orleans.Kpl.Aws.Glue;

/// <summary>What Glue tells about a schema version.</summary>
/// <param name="Id">The id that frames carry.</param>
/// <param name="Status">AVAILABLE, PENDING, FAILURE or DELETING.</param>
internal sealed record RegisteredVersion(Guid Id, string Status)
{
    /// <summary>The ARN of the schema; null where the answer has none.</summary>
    public string? SchemaArn { get; init; }

    /// <summary>AVRO, JSON or PROTOBUF; null where the answer has none.</summary>
    public string? DataFormat { get; init; }

    /// <summary>The definition; null where the answer has none.</summary>
    public string? Definition { get; init; }

    /// <summary>The number within the schema, from 1; null where the answer has none.</summary>
    public long? Number { get; init; }
}
