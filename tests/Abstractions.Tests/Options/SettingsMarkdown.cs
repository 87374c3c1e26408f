using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Options;

/// <summary>Tables of settings as markdown.</summary>
internal static class SettingsMarkdown
{
    /// <summary>Writes the tables of section <c>Kpl</c>, and of what clusters have beside it.</summary>
    public static string OfAll() => Write([.. StreamSettings.All, .. ProcessSettings.All, .. KplClusterSettings.All, .. FixedSetting.All]);

    /// <summary>Writes a table for each scope, with its heading.</summary>
    private static string Write(IEnumerable<KplSetting> settings) =>
        string.Join('\n', settings.GroupBy(Title).Select(static scope => $"### {scope.Key}\n\n{Table(scope)}"));

    /// <summary>Writes settings of one scope.</summary>
    public static string Table(IEnumerable<KplSetting> settings)
    {
        var all = settings.ToList();
        return all[0] is FixedSetting
            ? "| Setting | Why |\n|---|---|\n" + string.Concat(all.Select(static s => $"| {Name(s)} | {Meaning(s)} |\n"))
            : "| Setting | Default | Allowed | What it does |\n|---|---|---|---|\n"
                + string.Concat(all.Select(static s => $"| {Name(s)} | {Default(s)} | {Allowed(s)} | {Meaning(s)} |\n"));
    }

    private static string Name(KplSetting setting) => Code(setting.Name) + (setting.Alias.Length > 0 ? $" (also {Code(setting.Alias)})" : "");

    private static string Default(KplSetting setting) => setting.Default.Length > 0 ? Code(setting.Default) : "none";

    private static string Allowed(KplSetting setting) =>
        (setting.Range.Length > 0 ? setting.Range : "text") + (setting.Cap is { } cap ? $"; more counts as {cap}" : "");

    private static string Meaning(KplSetting setting) => setting.Description.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Title(KplSetting setting) => setting switch
    {
        Setting<StreamOptions> => "In `Kpl` for all streams, in `Kpl:Streams:NAME` for one",
        Setting<KplOptions> => "In `Kpl`, for the process",
        Setting<KplClusterOptions> => "In `Kpl`, for a silo or a client of a cluster",
        _ => "Accepted with a warning, without effect",
    };

    private static string Code(string text) => $"`{text}`";
}
