namespace Orleans.Kpl.Aws.Glue;

/// <summary>What CreateSchema asks for.</summary>
/// <param name="Registry">The registry's name.</param>
/// <param name="Name">The schema's name.</param>
/// <param name="Definition">The definition of its first version.</param>
/// <param name="DataFormat">AVRO, JSON or PROTOBUF.</param>
/// <param name="Compatibility">How later versions must be compatible, such as BACKWARD.</param>
/// <param name="Description">A description; null for none.</param>
/// <param name="Tags">Tags of the schema.</param>
internal sealed record SchemaCreation(
    string Registry, string Name, string Definition, string DataFormat, string Compatibility, string? Description, IReadOnlyDictionary<string, string> Tags);
