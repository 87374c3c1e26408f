using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Glue.Setup;

/// <summary>Reads the file that KPL's setting <c>GlueSchemaRegistryPropertiesFilePath</c> names.</summary>
internal static class GluePropertiesFile
{
    /// <exception cref="KplOptionsException">The file cannot be read, or values are not allowed.</exception>
    public static GlueOptions Read(string path)
    {
        var source = $"Kpl:{nameof(KplOptions.GlueSchemaRegistryPropertiesFilePath)} {SettingNames.Quote(path)}";
        return PropertiesText.TryRead(path, out var text, out var error)
            ? new GluePropertyReader(source).Read(text)
            : throw new KplOptionsException([$"{source}: {error}"]);
    }
}
