namespace Orleans.Kpl.Glue;

/// <summary>A schema, as KPL's <c>Schema</c>: its definition, format and name. Keep an instance and use it for all records of the schema.</summary>
public sealed class GlueSchema : IEquatable<GlueSchema>
{
    private readonly int _hash;

    /// <summary>Describes a schema.</summary>
    /// <param name="definition">The definition: Avro's JSON, a JSON Schema, or the text of a .proto file. At most 170,000 characters.</param>
    /// <param name="dataFormat">The format of definition and data.</param>
    /// <param name="name">
    /// The schema's name in the registry, 1 to 255 characters; null for <see cref="GlueOptions.SchemaName"/>, and without that for the stream's name.
    /// </param>
    /// <exception cref="ArgumentException">Definition, format or name is not allowed (AWS Glue API, SchemaDefinition and SchemaName).</exception>
    public GlueSchema(string definition, GlueDataFormat dataFormat, string? name = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(definition);
        if (definition.Length > MaxDefinition)
            throw new ArgumentException($"the definition has {definition.Length} characters: allowed are {MaxDefinition}", nameof(definition));
        if (!Enum.IsDefined(dataFormat))
            throw new ArgumentOutOfRangeException(nameof(dataFormat), dataFormat, "allowed are Avro, Json and Protobuf");
        if (name is not null && !IsName(name))
            throw new ArgumentException($"'{name}' is no schema's name: allowed are {NameRule}", nameof(name));
        (Definition, DataFormat, Name) = (definition, dataFormat, name);
        // Definitions are long, and a schema is looked up for each record.
        _hash = HashCode.Combine(definition, dataFormat, name);
    }

    internal const string NameRule = "1 to 255 letters, digits and any of -_$#.";

    private const int MaxDefinition = 170_000;

    /// <summary>The definition.</summary>
    public string Definition { get; }

    /// <summary>The format of definition and data.</summary>
    public GlueDataFormat DataFormat { get; }

    /// <summary>The name in the registry; null for that of the settings or the stream.</summary>
    public string? Name { get; }

    /// <inheritdoc />
    public bool Equals(GlueSchema? other) => ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && DataFormat == other.DataFormat && Name == other.Name && Definition == other.Definition);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as GlueSchema);

    /// <inheritdoc />
    public override int GetHashCode() => _hash;

    /// <inheritdoc />
    public override string ToString() => $"{Name ?? "(named as its stream)"} ({GlueNames.Of(DataFormat)})";

    /// <summary>Whether a text may name a schema or a registry (AWS Glue API, SchemaRegistryNameString).</summary>
    internal static bool IsName(string text) =>
        text.Length is >= 1 and <= 255 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '$' or '#' or '.');
}

/// <summary>The format of a schema and of its data (AWS Glue API, DataFormat). It is a name: nothing here serializes or checks data.</summary>
public enum GlueDataFormat
{
    /// <summary>AVRO.</summary>
    Avro = 0,

    /// <summary>JSON, with JSON Schema.</summary>
    Json,

    /// <summary>PROTOBUF.</summary>
    Protobuf,
}
