using Orleans.Kpl.Quotas;
using Orleans.Kpl.Silos;
using Orleans.Runtime.Services;

namespace Orleans.Kpl.Grains.Quotas;

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
