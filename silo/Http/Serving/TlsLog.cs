using Microsoft.Extensions.Logging;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The lines about HTTP's certificates.</summary>
internal sealed partial class TlsLog(ILogger<TlsLog> logger) : ITlsEvents
{
    public void Taken(TlsState state) => LogTaken(logger, state);

    public void Refused(string errors) => LogRefused(logger, errors);

    public void NearEnd(string file, DateTimeOffset end) => LogNearEnd(logger, file, end);

    public void KeyOpen(string file) => LogKeyOpen(logger, file);

    [LoggerMessage(1, LogLevel.Information, "HTTPS shows certificate {Certificate}")]
    private static partial void LogTaken(ILogger logger, TlsState certificate);

    [LoggerMessage(2, LogLevel.Error, "The changed certificate is not taken, and the former one stays in force: {Errors}")]
    private static partial void LogRefused(ILogger logger, string errors);

    [LoggerMessage(3, LogLevel.Warning, "The time of the certificate of {File} ends at {End:u}, and there is no later one")]
    private static partial void LogNearEnd(ILogger logger, string file, DateTimeOffset end);

    [LoggerMessage(4, LogLevel.Warning, "{File} holds a private key, and every user of this machine may read it: let its mode be 0600")]
    private static partial void LogKeyOpen(ILogger logger, string file);
}
