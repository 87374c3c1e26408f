namespace Orleans.Kpl.Settings;

/// <summary>What KPL's properties say.</summary>
/// <param name="Source">What messages call them.</param>
/// <param name="Settings">The settings and their texts; empty while there are errors.</param>
/// <param name="Defaults">KPL's own defaults for what they leave out.</param>
/// <param name="UploadsMetrics">Whether metrics go to CloudWatch.</param>
/// <param name="Errors">Values that are not allowed.</param>
/// <param name="Warnings">What works, but probably not as intended.</param>
internal sealed record KplPropertyReading(
    string Source,
    IReadOnlyList<KeyValuePair<KplSetting, string>> Settings,
    IReadOnlyList<KeyValuePair<KplSetting, string>> Defaults,
    bool UploadsMetrics,
    IReadOnlyList<string> Errors,
    IReadOnlyList<string> Warnings)
{
    private static readonly string[] Endpoint = ["Kinesis:EndpointUrl"];
    private static readonly string[] CloudWatch = ["Metrics:EndpointUrl"];
    private static readonly string[] Credentials = ["Kinesis:AccessKeyId", "Kinesis:SecretAccessKey", "Kinesis:SessionToken", "Kinesis:Profile"];

    /// <summary>The settings that, given elsewhere, stand in the place of one: half of a key pair, or of an address, is none.</summary>
    public static IReadOnlyList<string> Rivals(string setting) => setting switch
    {
        "KinesisEndpoint" or "KinesisPort" => Endpoint,
        "CloudwatchEndpoint" or "CloudwatchPort" => CloudWatch,
        "Kinesis:AccessKeyId" or "Kinesis:SecretAccessKey" => Credentials,
        _ => [],
    };
}
