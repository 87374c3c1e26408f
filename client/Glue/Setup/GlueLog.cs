using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Glue.Setup;

/// <summary>The log messages of a host's registry.</summary>
internal static partial class GlueLog
{
    [LoggerMessage(139, LogLevel.Warning, "Glue: {Text}")]
    public static partial void Warn(ILogger log, string text);
}
