using Orleans.Kpl.Http;
using Orleans.Runtime;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>A silo is ready while the cluster counts it as active.</summary>
internal sealed class MembershipReadiness(ISiloStatusOracle members) : IReadinessCheck
{
    public string? FindObstacle() => members.CurrentStatus == SiloStatus.Active ? null : $"the cluster counts this silo as {members.CurrentStatus}";
}
