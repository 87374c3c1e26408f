using Orleans.Kpl.Aws.Endpoints;
using static Orleans.Kpl.Aws.Checking.ProcessLines;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>Concludes what to tell about settings, and about everything that wrong settings keep from being asked.</summary>
internal static class SettingLines
{
    private const string Section = "Kpl:Kinesis:";

    private static readonly string[] OfProcess = ["region", "credentials", "endpoint", "endpoints", "clock"];

    /// <summary>Whether an error is about how Kinesis is reached, so that nothing can be asked.</summary>
    public static bool IsOfConnection(string error) =>
        error.StartsWith(Section, StringComparison.Ordinal) || error.Contains("RequestTimeout", StringComparison.Ordinal);

    public static IEnumerable<KplCheckLine> Of(IReadOnlyList<string> errors) => errors.Count == 0
        ? [Line("settings", KplCheckStatus.Passed, "every setting is in its range")]
        : errors.Select(static e => Line("settings", KplCheckStatus.Failed, e.TrimEnd('.'), "correct this setting"));

    /// <summary>The lines of a check that could ask nothing.</summary>
    /// <param name="streams">The streams that it was to ask about; nothing was observed of them.</param>
    /// <param name="error">What only showed on this machine; null where the settings' own errors are told already.</param>
    public static IEnumerable<KplCheckLine> NotAsked(IEnumerable<StreamFindings> streams, KinesisSettingsException? error)
    {
        const string why = "the settings do not tell how to reach Kinesis";
        var guilty = error is null ? "" : NameOf(error.Setting);
        if (error is not null)
            yield return Line(guilty, KplCheckStatus.Failed, error.Message.TrimEnd('.'), Advice(guilty));
        foreach (var name in OfProcess.Where(n => n != guilty))
            yield return Line(name, KplCheckStatus.NotChecked, why);
        foreach (var line in streams.SelectMany(static s => StreamLines.Of(s, why)))
            yield return line;
    }

    private static string NameOf(string setting) => setting switch
    {
        Section + "Region" => "region",
        Section + "AccessKeyId" or Section + "SecretAccessKey" or Section + "Profile" => "credentials",
        _ => "endpoint",
    };

    private static string Advice(string name) => name switch
    {
        "region" => "set Kpl:Kinesis:Region, such as eu-central-1, or AWS_REGION",
        "credentials" => "set both halves of the access key, or a profile that is there",
        _ => "correct the setting that the message names",
    };
}
