using Microsoft.Extensions.Logging;

namespace Orleans.Kpl;

public sealed partial class KplProducer
{
    [LoggerMessage(20, LogLevel.Warning, "Settings: {Warning}")]
    private partial void LogWarning(string warning);
}
