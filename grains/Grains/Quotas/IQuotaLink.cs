using Microsoft.Extensions.Logging;
using Orleans.Kpl.Quotas;
using Orleans.Kpl.Silos;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Quotas;

/// <summary>How silos tell each other what clients use of quotas, one such service on each.</summary>
[Alias("Orleans.Kpl.IQuotaLink")]
internal interface IQuotaLink : IGrainService
{
    /// <summary>Takes another silo's report, and returns this one's latest; null where nobody counts.</summary>
    [Alias("Exchange"), ResponseTimeout("00:00:02")]
    Task<QuotaReport?> Exchange(QuotaReport report);
}

/// <summary>The silo's service for reports of other silos; it only hands them over.</summary>
internal sealed class QuotaLinkService(GrainId grainId, Silo silo, ILoggerFactory loggers, IQuotaPeers peers) : GrainService(grainId, silo, loggers), IQuotaLink
{
    public Task<QuotaReport?> Exchange(QuotaReport report) => Task.Run(() => peers.Answer?.Invoke(report));
}

/// <summary>Reaches the other silos of the cluster that take records.</summary>
internal sealed class QuotaLinks(IServiceProvider services, SiloNode node) : GrainServiceClient<IQuotaLink>(services), IQuotaPeers
{
    private volatile Func<QuotaReport, QuotaReport?>? _answer;

    public event Action? Changed
    {
        add => node.Silos.Changed += value;
        remove => node.Silos.Changed -= value;
    }

    public string Self => node.Silos.Self.ToParsableString();

    public IReadOnlyList<string> Others => [.. node.Silos.Owners.Where(o => !o.Equals(node.Silos.Self)).Select(static o => o.ToParsableString())];

    public Func<QuotaReport, QuotaReport?>? Answer
    {
        get => _answer;
        set => _answer = value;
    }

    public Task<QuotaReport?> TellAsync(string silo, QuotaReport report, CancellationToken cancellationToken) =>
        GetGrainService(SiloId.Parse(silo).ToAddress()).Exchange(report);
}
