namespace Orleans.Kpl.Settings;

/// <summary>Known settings that set nothing: settings of KPL that have no meaning here.</summary>
internal static class FixedSettings
{
    private const string NoChild = "there is no child process";
    private const string DotNetThreads = "requests are asynchronous, on the thread pool of .NET";

    public static IReadOnlyList<FixedSetting> All { get; } =
    [
        Ignored("NativeExecutable", NoChild),
        Ignored("TempDirectory", NoChild),
        Ignored("EnableCoreDumps", NoChild),
        Ignored("EnableDaemonHealthCheck", NoChild),
        Ignored("DaemonHealthCheckTimeoutMs", NoChild),
        Ignored("ThreadingModel", DotNetThreads),
        Ignored("ThreadPoolSize", DotNetThreads),
        Ignored("MinConnections", "connections are opened when they are needed (KPL's core does not read it either)"),
        Ignored("StsEndpoint", "KPL does not use it any more either"),
        Ignored("StsPort", "KPL does not use it any more either"),
        Ignored("LogLevel", "log levels are those of Microsoft.Extensions.Logging: Logging:LogLevel:Orleans.Kpl"),
        Ignored("CredentialsRefreshDelay", "credentials are refreshed before they expire, not polled"),
        Ignored("UserRecordTimeoutInMillis", "a wait with a time-out is the caller's: Task.WaitAsync, or BlockingRecord.Wait; in a properties file it lowers RecordTtl"),
        Ignored("EnableOldestFutureTracker", "the age of the oldest record is always known"),
        Ignored("ReturnUserRecordOnFailure", "a failed result always carries its record"),
    ];

    private static FixedSetting Ignored(string name, string reason) => new(name, reason);
}

/// <summary>A known setting that sets nothing.</summary>
internal sealed class FixedSetting(string name, string description) : KplSetting(name, KplSettingScope.NoEffect, description)
{
    public override string Default => "";

    public override string Range => "";
}
