using Microsoft.Extensions.Logging;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Adapters.Logging;

/// <summary>The certificates and keys of a silo or a client in the log.</summary>
internal sealed partial class ClusterTlsLog(ILogger logger) : ITlsEvents
{
    [LoggerMessage(90, LogLevel.Information, "In the cluster this process shows certificate {Certificate}")]
    public partial void Taken(TlsState certificate);

    [LoggerMessage(91, LogLevel.Error, "The changed certificates or keys of the cluster are not taken, and the former ones stay in force: {Errors}")]
    public partial void Refused(string errors);

    [LoggerMessage(92, LogLevel.Warning, "The time of the certificate of {File} ends at {End:u}, and there is no later one")]
    public partial void NearEnd(string file, DateTimeOffset end);

    [LoggerMessage(93, LogLevel.Warning, "{File} holds a private key, and every user of this machine may read it: let its mode be 0600")]
    public partial void KeyOpen(string file);
}
