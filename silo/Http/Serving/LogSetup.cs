using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Sets up the log on standard error, so that standard output carries only the lines that scripts wait for.</summary>
internal static class LogSetup
{
    public static ILoggerFactory Create(IConfiguration configuration) => LoggerFactory.Create(logging => logging
        .AddFilter(null, LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddFilter("Orleans", LogLevel.Warning)
        .AddFilter("Orleans.Kpl", LogLevel.Information)
        .AddConfiguration(configuration.GetSection("Logging"))
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        })
        .AddConsole(ToStandardError));

    private static void ToStandardError(ConsoleLoggerOptions console) => console.LogToStandardErrorThreshold = LogLevel.Trace;
}
