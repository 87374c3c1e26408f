using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Settings;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Runs a process that is a tier or a part of one: settings, log, start, signal, drain, exit code.</summary>
internal static class TierProcess
{
    /// <summary>Every record has ended in time, or the process was asked to stop before it took any.</summary>
    private const int ExitDrained = 0;

    /// <summary>The drain limit passed before every record had ended.</summary>
    private const int ExitCut = 1;

    /// <summary>A setting or a port prevented the start, and would again; standard error says why.</summary>
    private const int ExitNotStarted = 2;

    /// <summary>Something that the start needs was away or refused, and may be there later: a supervisor starts the process again.</summary>
    private const int ExitAway = 3;

    /// <summary>The exit code that shells report for a process ended by Ctrl-C.</summary>
    private const int ExitInterrupted = 130;

    /// <summary>Reads the settings from arguments, appsettings.json and the environment; null if <paramref name="errors"/> is not empty.</summary>
    public delegate TSettings? Read<out TSettings>(IConfiguration files, out IReadOnlyList<string> errors);

    /// <summary>Starts the process' components, which run until the first signal.</summary>
    public delegate Task<IRunningTier> Start<in TSettings>(TSettings settings, ILoggerFactory loggers, CancellationToken stop);

    /// <summary>Runs until the first SIGTERM or Ctrl-C, drains, and returns the exit code.</summary>
    /// <param name="category">The log's name for the process.</param>
    /// <param name="argumentErrors">The errors in the command line, for the case that a file is not even readable.</param>
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
            var cause = error.GetBaseException();
            return Refuse([.. argumentErrors, $"{SettingsFile.Name}: {(cause is JsonException json ? $"it is {JsonFault.Describe(json)}" : cause.Message)}"]);
        }

        using var signals = new StopSignals(ExitInterrupted);
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
            await using var tier = await start(settings, loggers, signals.Token);
            Tell(tier.Ready, logger);
            signals.LastWords.Set(() =>
            {
                logger.LogWarning("Ended at once by a second Ctrl-C; records without an outcome: {Records}, of which some may still arrive", tier.OutstandingRecords);
                loggers.Dispose(); // it writes what waits
            });
            await Task.Delay(Timeout.Infinite, signals.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            logger.LogInformation("Draining");
            var report = await tier.DrainAsync();
            Tell(report, logger);
            return report.WasCut ? ExitCut : ExitDrained;
        }
        catch (StartException error)
        {
            if (error.InnerException is { } cause)
                logger.LogDebug(cause, "It could not start");
            // The log is written by a thread of its own: what waits there goes before the last sentence.
            loggers.Dispose();
            return Refuse(error.Errors, signals.Token.IsCancellationRequested ? ExitDrained : error.MayPass ? ExitAway : ExitNotStarted);
        }
    }

    /// <summary>Writes a line of standard output. Where it cannot be written, as on a full disk, records are taken and drained all the same.</summary>
    private static void Tell(object line, ILogger logger)
    {
        try
        {
            Console.Out.WriteLine(line);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning("Standard output cannot be written: {Reason}", error.Message);
        }
    }

    private static int Refuse(IEnumerable<string> errors, int exitCode = ExitNotStarted)
    {
        foreach (var error in errors)
            Console.Error.WriteLine(error);
        return exitCode;
    }
}

/// <summary>A running tier process. Disposing it stops whatever is still running.</summary>
internal interface IRunningTier : IAsyncDisposable
{
    /// <summary>The first line of standard output: it lists all addresses.</summary>
    string Ready { get; }

    /// <summary>The records that have no outcome yet.</summary>
    long OutstandingRecords { get; }

    /// <summary>Stops accepting records, lets every record end within the drain limit, and stops.</summary>
    Task<DrainReport> DrainAsync();
}

/// <summary>The settings that every tier process needs, whatever else its settings contain.</summary>
internal interface ITierSettings
{
    /// <summary>Settings that work, but probably not as intended.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Files, environment and command line together, for components that read their own part, such as logging.</summary>
    IConfiguration Configuration { get; }
}

/// <summary>Thrown when a tier or a silo cannot start, with the reasons: settings, or ports.</summary>
internal sealed class StartException(IReadOnlyList<string> errors, Exception? cause = null) : Exception(string.Join(Environment.NewLine, errors), cause)
{
    public IReadOnlyList<string> Errors { get; } = errors;

    /// <summary>Whether a later start may find another world: a table or an endpoint that was away, a right that was missing.</summary>
    public bool MayPass { get; init; }

    /// <summary>Returns the exception for an error that a person can fix, else null.</summary>
    public static StartException? From(Exception error) => error switch
    {
        StartException known => known,
        KplOptionsException options => new StartException(options.Errors),
        KplCheckException check => new StartException(
            [.. check.Report.Lines.Where(static l => l.Status == KplCheckStatus.Failed).Select(static l => l.ToString())]) { MayPass = true },
        IOException or SocketException => new StartException([error.Message]),
        _ => null,
    };
}

/// <summary>
/// Judges the .NET runtime that the process found on its machine. Kestrel comes with it, and so do the corrections of Kestrel: packages of this version
/// bring none.
/// </summary>
internal static class RuntimePatch
{
    /// <summary>The patch that this version was tested with.</summary>
    public static readonly Version Tested = new(10, 0, 12);

    /// <summary>Returns what to tell an operator; null where the runtime is as new as the tested one.</summary>
    public static string? FindWarning(Version running) => running >= Tested
        ? null
        : $"The .NET runtime is {running}, older than {Tested}, with which this version was tested: corrections of its HTTP server may be missing. Install the newest patch.";
}

/// <summary>The file of settings in the current directory, which is wherever the process was started.</summary>
internal static class SettingsFile
{
    public const string Name = "appsettings.json";

    /// <summary>Returns the file's path; null if it is not there.</summary>
    public static string? Find(string directory) => Path.Combine(directory, Name) is var path && File.Exists(path) ? path : null;

    /// <summary>Returns why the file is not read; null if it is, or is not there.</summary>
    public static string? FindError(string directory) => OpenFile.FindError(Path.Combine(directory, Name));
}
