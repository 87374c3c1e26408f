using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Console;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Sets up the log on standard error, so that standard output carries only the lines that scripts wait for. Section <c>Logging</c> is .NET's own:
/// levels, and with <c>Logging:Console:FormatterName</c> the form of a line.
/// </summary>
internal static class LogSetup
{
    /// <summary>The path of the setting that chooses the form of a line.</summary>
    public const string FormatterPath = "Logging:Console:FormatterName";

    /// <summary>
    /// The category of the server's own lines on requests, at level information. Where it may log anything, the server makes an activity and a scope for
    /// each request, which costs more than the record in it. So it is off, unless the settings say what it logs.
    /// </summary>
    private const string Requests = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>ISO 8601 in UTC, the same in all forms: log stores read it without being told.</summary>
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ";

    private static readonly string[] LevelPaths = ["Logging:LogLevel", "Logging:Console:LogLevel"];

    private static readonly string[] Formatters = [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Json, ConsoleFormatterNames.Systemd];

    /// <summary>
    /// Returns the errors of a form and of levels that do not exist. .NET would write another form and say nothing, and end the process with a stack
    /// trace for a level.
    /// </summary>
    public static IEnumerable<string> FindErrors(IConfiguration configuration)
    {
        foreach (var level in LevelPaths.SelectMany(path => configuration.GetSection(path).GetChildren()))
        {
            if (level.Value is { Length: > 0 } value && !(Enum.TryParse<LogLevel>(value, ignoreCase: true, out var known) && Enum.IsDefined(known)))
                yield return $"{level.Path} is '{value}': expected is one of: {string.Join(", ", Enum.GetNames<LogLevel>())}";
        }

        if (configuration[FormatterPath] is { } name && !Formatters.Contains(name, StringComparer.OrdinalIgnoreCase))
            yield return $"{FormatterPath} is '{name}': expected is one of: {string.Join(", ", Formatters)}";
    }

    public static ILoggerFactory Create(IConfiguration configuration) => LoggerFactory.Create(logging =>
    {
        // Before the console itself, which reads Logging:Console:FormatterOptions over these.
        logging.Services.Configure<SimpleConsoleFormatterOptions>(
            static o => (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp) = (true, Timestamp + " ", true));
        logging.Services.Configure<ConsoleFormatterOptions>(static o => (o.TimestampFormat, o.UseUtcTimestamp) = (Timestamp + " ", true));
        logging.Services.Configure<JsonConsoleFormatterOptions>(static o => (o.TimestampFormat, o.UseUtcTimestamp) = (Timestamp, true));
        logging
            .AddFilter(null, LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Orleans", LogLevel.Warning)
            // Orleans retries by it, and each attempt is a line.
            .AddFilter("Polly", LogLevel.Warning)
            .AddFilter("Orleans.Kpl", LogLevel.Information)
            .AddConfiguration(configuration.GetSection("Logging"))
            .AddConsole(console =>
            {
                console.LogToStandardErrorThreshold = LogLevel.Trace;
                // Where the form has no name, the console writes its own default, without time, whatever the options of that form are.
                console.FormatterName ??= ConsoleFormatterNames.Simple;
            });
        // Whoever may set levels may not so remove the trail of what is done.
        logging.AddFilter<ConsoleLoggerProvider>(AuditLog.Category, LogLevel.Information);
        if (!configuration.GetSection("Logging:LogLevel").GetChildren().Any(static c => Requests.StartsWith(c.Key, StringComparison.OrdinalIgnoreCase)))
            logging.AddFilter(Requests, LogLevel.None);
    });
}
