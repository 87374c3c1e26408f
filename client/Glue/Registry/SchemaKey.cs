namespace Orleans.Kpl.Glue.Registry;

/// <summary>What a version is looked up by.</summary>
/// <param name="Schema">Definition and format.</param>
/// <param name="Name">The schema's name in the registry.</param>
internal readonly record struct SchemaKey(GlueSchema Schema, string Name);
