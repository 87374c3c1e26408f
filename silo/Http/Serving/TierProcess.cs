using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Runs a process that is a tier or a part of one: settings, log, start, signal, drain, exit code.</summary>
internal static class TierProcess
{
    /// <summary>Every record has ended in time.</summary>
    private const int ExitDrained = 0;

    /// <summary>The drain limit passed before every record had ended.</summary>
    private const int ExitCut = 1;

    /// <summary>A setting, a port or the cluster prevented the start; standard error says why.</summary>
    private const int ExitNotStarted = 2;

    /// <summary>Reads the settings from arguments, appsettings.json and the environment; null if <paramref name="errors"/> is not empty.</summary>
    public delegate TSettings? Read<out TSettings>(IConfiguration files, out IReadOnlyList<string> errors);

    /// <summary>Starts the process' components, which run until the first signal.</summary>
    public delegate Task<IRunningTier> Start<in TSettings>(TSettings settings, ILoggerFactory loggers, CancellationToken stop);

    /// <summary>Runs until the first SIGTERM or Ctrl-C, drains, and returns the exit code.</summary>
    /// <param name="category">The log's name for the process.</param>
    /// <param name="argumentErrors">The errors in the command line, for the case that a file is not even readable.</param>
    /// <param name="read">Reads the settings.</param>
    /// <param name="start">Starts all components.</param>
    public static async Task<int> RunAsync<TSettings>(string category, IReadOnlyList<string> argumentErrors, Read<TSettings> read, Start<TSettings> start)
        where TSettings : class, ITierSettings
    {
        TSettings? settings;
        try
        {
            if (SettingsFile.FindError(Environment.CurrentDirectory) is { } open)
                return Refuse([.. argumentErrors, open]);
            var files = new ConfigurationBuilder().SetBasePath(Environment.CurrentDirectory).AddJsonFile(SettingsFile.Name, optional: true)
                .AddEnvironmentVariables().Build();
            settings = read(files, out var errors);
            if (settings is null)
                return Refuse(errors);
        }
        catch (InvalidDataException error)
        {
            return Refuse([.. argumentErrors, $"{error.Message} {error.InnerException?.Message}"]);
        }

        using var signals = new StopSignals();
        using var loggers = LogSetup.Create(settings.Configuration);
        var logger = loggers.CreateLogger(category);
        if (logger.IsEnabled(LogLevel.Information) && SettingsFile.Find(Environment.CurrentDirectory) is { } file)
            logger.LogInformation("Settings are read from {File}", file);
        if (RuntimePatch.FindWarning(Environment.Version) is { } old)
            logger.LogWarning("{Warning}", old);
        foreach (var warning in settings.Warnings)
            logger.LogWarning("Settings: {Warning}", warning);
        try
        {
            await using var tier = await start(settings, loggers, signals.StopToken);
            Console.Out.WriteLine(tier.Ready);
            await signals.Stop;
            logger.LogInformation("Draining");
            var report = await tier.DrainAsync();
            Console.Out.WriteLine(report);
            return report.WasCut ? ExitCut : ExitDrained;
        }
        catch (StartException error)
        {
            if (error.InnerException is { } cause)
                logger.LogDebug(cause, "It could not start");
            // The log is written by a thread of its own: what waits there goes before the last sentence.
            loggers.Dispose();
            return Refuse(error.Errors);
        }
    }

    private static int Refuse(IEnumerable<string> errors)
    {
        foreach (var error in errors)
            Console.Error.WriteLine(error);
        return ExitNotStarted;
    }
}
