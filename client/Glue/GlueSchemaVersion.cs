namespace Orleans.Kpl.Glue;

/// <summary>A version of a schema, as Glue describes it.</summary>
public sealed record GlueSchemaVersion
{
    /// <summary>The id that frames carry.</summary>
    public required Guid Id { get; init; }

    /// <summary>The schema's name; null where Glue does not tell it.</summary>
    public string? SchemaName { get; init; }

    /// <summary>The schema's ARN; null where Glue does not tell it.</summary>
    public string? SchemaArn { get; init; }

    /// <summary>The format in Glue's words: AVRO, JSON, PROTOBUF.</summary>
    public string? DataFormat { get; init; }

    /// <summary>The definition.</summary>
    public string? Definition { get; init; }

    /// <summary>The number within the schema, from 1; null where Glue does not tell it.</summary>
    public long? Number { get; init; }
}
