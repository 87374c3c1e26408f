using System.Text;

namespace Orleans.Kpl.Settings;

/// <summary>The table of settings as markdown.</summary>
internal static class SettingsMarkdown
{
    public static string Write(IEnumerable<KplSetting> settings)
    {
        var text = new StringBuilder();
        foreach (var scope in settings.GroupBy(s => s.Scope))
        {
            var hasValues = scope.Key is KplSettingScope.Stream or KplSettingScope.Process or KplSettingScope.Cluster;
            text.Append(text.Length > 0 ? "\n" : "").Append("### ").Append(Title(scope.Key)).Append("\n\n");
            text.Append(hasValues ? "| Setting | Default | Allowed | What it does |\n|---|---|---|---|\n" : "| Setting | Why |\n|---|---|\n");
            foreach (var setting in scope)
            {
                text.Append("| ").Append(Code(setting.Name)).Append(setting.Aliases.Count > 0 ? $" (also {string.Join(", ", setting.Aliases.Select(Code))})" : "");
                if (hasValues)
                    text.Append(" | ").Append(setting.Default.Length > 0 ? Code(setting.Default) : "none").Append(" | ").Append(setting.Range.Length > 0 ? setting.Range : "text").Append(setting.Cap is { } cap ? $"; more counts as {cap}" : "");
                text.Append(" | ").Append(setting.Description.Replace("|", "\\|", StringComparison.Ordinal)).Append(" |\n");
            }
        }

        return text.ToString();
    }

    private static string Title(KplSettingScope scope) => scope switch
    {
        KplSettingScope.Stream => "In `Kpl` for all streams, in `Kpl:Streams:NAME` for one",
        KplSettingScope.Process => "In `Kpl`, for the process",
        KplSettingScope.Cluster => "In `Kpl`, for a silo or a client of a cluster",
        _ => "Accepted with a warning, without effect",
    };

    private static string Code(string text) => $"`{text}`";
}
