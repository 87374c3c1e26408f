using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Glue.Setup;

/// <summary>What a host's registry tells.</summary>
internal static partial class GlueLog
{
    [LoggerMessage(1, LogLevel.Warning, "Glue: {Text}")]
    public static partial void Warn(ILogger log, string text);
}
