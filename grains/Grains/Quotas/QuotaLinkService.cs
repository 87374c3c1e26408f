using Microsoft.Extensions.Logging;
using Orleans.Kpl.Quotas;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Quotas;

/// <summary>The silo's service for reports of other silos; it only hands them over.</summary>
internal sealed class QuotaLinkService(GrainId grainId, Silo silo, ILoggerFactory loggers, IQuotaPeers peers) : GrainService(grainId, silo, loggers), IQuotaLink
{
    public Task<QuotaReport?> Exchange(QuotaReport report) => Task.Run(() => peers.Answer?.Invoke(report));
}
