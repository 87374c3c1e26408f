using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Grains.Membership;

/// <summary>The silos that Orleans' membership knows.</summary>
internal sealed class OrleansMembership(ISiloStatusOracle oracle) : ISiloMembership, ISiloStatusListener
{
    private Action<SiloId, SiloStanding>? _changed;

    public SiloId Self => field ??= oracle.SiloAddress.ToId();

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos =>
        [.. oracle.GetApproximateSiloStatuses(onlyActive: false).Select(static s => KeyValuePair.Create(s.Key.ToId(), StandingOf(s.Value)))];

    public SiloStanding StandingOf(SiloId silo) => StandingOf(oracle.GetApproximateSiloStatus(silo.ToAddress()));

    public void Subscribe(Action<SiloId, SiloStanding> changed)
    {
        _changed = changed;
        oracle.SubscribeToSiloStatusEvents(this);
    }

    void ISiloStatusListener.SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status) =>
        _changed?.Invoke(updatedSilo.ToId(), StandingOf(status));

    private static SiloStanding StandingOf(SiloStatus status) => status switch
    {
        SiloStatus.Created or SiloStatus.Joining => SiloStanding.Starting,
        SiloStatus.Active => SiloStanding.Active,
        SiloStatus.ShuttingDown or SiloStatus.Stopping => SiloStanding.Stopping,
        SiloStatus.Dead => SiloStanding.Dead,
        _ => SiloStanding.None,
    };
}
