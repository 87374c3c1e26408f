using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>One silo of a <see cref="NodeWorld"/>, with what it knows of the others.</summary>
internal sealed class WorldSilo(NodeWorld world, SiloId id) : ISiloMembership, ISiloLinks
{
    private volatile SiloStanding _standing = SiloStanding.Starting;
    private Action<SiloId, SiloStanding>? _changed;

    public SiloId Id => id;

    public SiloNode Node { get; set; } = null!;

    public SiloStanding Standing
    {
        get => _standing;
        set => _standing = value;
    }

    /// <summary>Whether calls to this silo are never answered, though it counts as alive.</summary>
    public bool IsSilent { get; set; }

    public SiloId Self => id;

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos => world.Standings;

    public SiloStanding StandingOf(SiloId silo) => world.Find(silo)?.Standing ?? SiloStanding.None;

    public void Subscribe(Action<SiloId, SiloStanding> changed) => _changed = changed;

    public void OnChanged(SiloId silo, SiloStanding standing) => _changed?.Invoke(silo, standing);

    public ISiloCalls To(SiloId silo) => new Wire(world, silo);

    /// <summary>Calls reach a silo while it is not dead.</summary>
    private sealed class Wire(NodeWorld world, SiloId to) : ISiloCalls
    {
        private ISiloCalls There => world.Find(to) is { Standing: not SiloStanding.Dead } silo ? silo.Node.Calls : throw new IOException($"{to} is dead");

        public async Task<bool> TakeRecordsAsync(RecordsFrame frame) => await There.TakeRecordsAsync(frame);

        public async Task TakeOutcomesAsync(OutcomesFrame frame) => await There.TakeOutcomesAsync(frame);

        public async Task ExpediteAsync(string stream) => await There.ExpediteAsync(stream);

        public async Task MapChangedAsync(string stream) => await There.MapChangedAsync(stream);

        public async Task AnnounceBoundariesAsync(string stream, UInt128[] hashKeys) => await There.AnnounceBoundariesAsync(stream, hashKeys);

        public async Task WithdrawBoundariesAsync(string stream, UInt128[] hashKeys) => await There.WithdrawBoundariesAsync(stream, hashKeys);

        public async Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>> GetLoadsAsync(string stream) => await There.GetLoadsAsync(stream);

        public async Task LeavingAsync(SiloId silo)
        {
            await AnsweringAsync();
            await There.LeavingAsync(silo);
        }

        public async Task MovedAsync(SiloId silo)
        {
            await AnsweringAsync();
            await There.MovedAsync(silo);
        }

        public async Task<SiloLedger> GetLedgerAsync(string stream) => await There.GetLedgerAsync(stream);

        public async Task<ProcessReport> ReportAsync(string? stream)
        {
            await AnsweringAsync();
            return await There.ReportAsync(stream);
        }

        public async Task BacklogLeftAsync()
        {
            await AnsweringAsync();
            await There.BacklogLeftAsync();
        }

        private Task AnsweringAsync() => world.Find(to) is { IsSilent: true } ? Task.Delay(Timeout.Infinite) : Task.CompletedTask;
    }
}
