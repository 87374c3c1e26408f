namespace Orleans.Kpl.Producer.Setup;

/// <summary>Finds a file of AWS Glue's registry that nothing will read: what does is another package's.</summary>
internal static class GlueAbsence
{
    private const string Package = "Orleans.Kpl.Glue";

    /// <summary>Returns the warning; empty where there is no reason for one.</summary>
    public static IEnumerable<string> FindWarnings(KplOptions options) =>
        options.GlueSchemaRegistryPropertiesFilePath is { } path && Type.GetType("Orleans.Kpl.Glue.GlueSchemaRegistry, Orleans.Kpl.Glue") is null
            ? [$"Kpl:{nameof(KplOptions.GlueSchemaRegistryPropertiesFilePath)} is '{path}', and nothing reads it: add package {Package}, and put records through WithSchema"]
            : [];
}
