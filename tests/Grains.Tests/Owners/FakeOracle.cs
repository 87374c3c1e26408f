using System.Diagnostics.CodeAnalysis;
using System.Net;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Tests.Owners;

/// <summary>What the cluster knows of its silos.</summary>
internal sealed class FakeOracle(int self = 1) : ISiloStatusOracle
{
    private readonly Dictionary<SiloAddress, SiloStatus> _silos = [];
    private ISiloStatusListener? _listener;

    public SiloStatus CurrentStatus => GetApproximateSiloStatus(SiloAddress);

    public string SiloName => "1";

    public SiloAddress SiloAddress { get; } = Silo(self);

    public static SiloAddress Silo(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, number), number);

    /// <summary>A silo's status changes.</summary>
    public void Set(SiloAddress silo, SiloStatus status)
    {
        _silos[silo] = status;
        _listener?.SiloStatusChangeNotification(silo, status);
    }

    public SiloAddress[] GetActiveSilos() => [.. GetApproximateSiloStatuses(onlyActive: true).Keys];

    public SiloStatus GetApproximateSiloStatus(SiloAddress siloAddress) => _silos.GetValueOrDefault(siloAddress, SiloStatus.None);

    public Dictionary<SiloAddress, SiloStatus> GetApproximateSiloStatuses(bool onlyActive = false) =>
        _silos.Where(s => !onlyActive || s.Value == SiloStatus.Active).ToDictionary();

    public bool TryGetSiloName(SiloAddress siloAddress, [NotNullWhen(true)] out string? siloName)
    {
        siloName = siloAddress.ToString();
        return true;
    }

    public bool IsFunctionalDirectory(SiloAddress siloAddress) => !IsDeadSilo(siloAddress);

    public bool IsDeadSilo(SiloAddress silo) => GetApproximateSiloStatus(silo) == SiloStatus.Dead;

    public bool SubscribeToSiloStatusEvents(ISiloStatusListener observer)
    {
        _listener = observer;
        return true;
    }

    public bool UnSubscribeFromSiloStatusEvents(ISiloStatusListener observer)
    {
        _listener = null;
        return true;
    }
}
