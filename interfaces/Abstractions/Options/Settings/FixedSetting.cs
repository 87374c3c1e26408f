namespace Orleans.Kpl.Settings;

/// <summary>A known setting that sets nothing: one of KPL that has no meaning here.</summary>
/// <param name="kplDefault">KPL's own default as text; empty for none.</param>
/// <param name="findError">What KPL would say of a text in its file.</param>
internal sealed class FixedSetting(string name, string reason, string kplDefault, Func<string, string?> findError) : KplSetting(name, reason)
{
    private const string NoChild = "there is no child process";
    private const string DotNetThreads = "requests are asynchronous, on the thread pool of .NET";

    public static IReadOnlyList<FixedSetting> All { get; } =
    [
        OfText("NativeExecutable", NoChild),
        OfText("TempDirectory", NoChild),
        Of("EnableCoreDumps", NoChild, "false", Choice.Switch),
        Of("EnableDaemonHealthCheck", NoChild, "false", Choice.Switch),
        Of("DaemonHealthCheckTimeoutMs", NoChild, "30000", new WholeNumber(5_000, long.MaxValue)),
        Of("ThreadingModel", DotNetThreads, "PER_REQUEST", OneOf("PER_REQUEST", "POOLED")),
        Of("ThreadPoolSize", DotNetThreads, "0", new WholeNumber(0, int.MaxValue)),
        Of("MinConnections", "connections are opened when they are needed (KPL's core does not read it either)", "1", new WholeNumber(1, 16)),
        OfText("StsEndpoint", "KPL does not use it any more either"),
        Of("StsPort", "KPL does not use it any more either", "443", WholeNumber.PortElsewhere),
        Of("LogLevel", "log levels are those of Microsoft.Extensions.Logging: Logging:LogLevel:Orleans.Kpl", "info",
            OneOf("trace", "debug", "info", "warning", "error")),
        Of("CredentialsRefreshDelay", "credentials are refreshed before they expire, not polled", "5000", new WholeNumber(1, 300_000)),
        Of(KplPropertyTable.UserRecordTimeout,
            "a wait with a time-out is the caller's: Task.WaitAsync, or BlockingRecord.Wait; in a properties file it lowers RecordTtl", "0", new WholeNumber(0, long.MaxValue)),
        Of("EnableOldestFutureTracker", "the age of the oldest record is always known", "true", Choice.Switch),
        Of("ReturnUserRecordOnFailure", "a failed result always carries its record", "false", Choice.Switch),
    ];

    public override bool IsText => kplDefault.Length == 0;

    public string KplDefault => kplDefault;

    public override SettingReading<KplOptions> ReadInProcess(string text) => new(null, findError(text), null);

    private static FixedSetting OfText(string name, string reason) =>
        new(name, reason, "", static text => text.Any(char.IsControl) ? "expected is text without control characters" : null);

    private static FixedSetting Of<T>(string name, string reason, string kplDefault, SettingValue<T> value) => new(name, reason, kplDefault, text =>
        !value.TryParse(text, out var read) ? $"expected is {value.Expected}: {value.Range}" : value.IsAllowed(read) ? null : value.Refusal(read));

    private static Choice<int> OneOf(params string[] names) => new([.. names.Select(static (name, at) => (name, at))]);
}
