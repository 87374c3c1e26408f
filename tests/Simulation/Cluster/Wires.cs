namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>The network between silos, and from clients to them: which links are cut, and how calls fare on the others.</summary>
internal sealed class Wires(World world)
{
    private readonly HashSet<(int From, int To)> _cut = [];

    private readonly List<(SimulatedProcess Here, SimulatedProcess There, Action Break)> _underWay = [];

    /// <summary>Whether a silo's calls to one that it learns to be dead end then, as with Orleans. Else they sit out their time-outs: harder.</summary>
    public bool BreakWithTheDead { get; init; }

    public Weather Weather { get; } = new() { OneWay = TimeSpan.FromMilliseconds(1) };

    /// <summary>How often a call arrives twice.</summary>
    public double Doubles { get; set; }

    public void Cut(int from, int to) => _cut.Add((from, to));

    public void Mend(int from, int to) => _cut.Remove((from, to));

    /// <summary>Ends what a silo has under way to one that is dead.</summary>
    public void Break(SimulatedProcess here, SimulatedProcess there)
    {
        foreach (var call in _underWay.Where(c => c.Here == here && c.There == there).ToList())
            call.Break();
        _underWay.RemoveAll(c => c.Here == here && c.There == there);
    }

    public bool IsCut(int from, int to) => from != to && _cut.Contains((from, to));

    /// <summary>Calls another silo. The call may fail though it was carried out, and be carried out though it failed.</summary>
    public Task<T> CallAsync<T>(SiloHost from, SiloHost to, SimulatedProcess there, TimeSpan timeout, TraceText what, Func<Task<T>> carryOut) =>
        CallAsync(from.Index, from.Process, to, there, timeout, what, carryOut);

    /// <summary>Calls a silo from a place on the network that need not be a silo's.</summary>
    public Task<T> CallAsync<T>(
        int from, SimulatedProcess here, SiloHost to, SimulatedProcess there, TimeSpan timeout, TraceText what, Func<Task<T>> carryOut)
    {
        var answer = new PendingAnswer<T>(world);
        if (here.IsDead)
            return answer.Task;
        if (world.IsTracing)
            world.Say(here.Name, $"-> {there.Name}: {what}");
        if (there.IsDead && world.Happens(0.5))
            world.After(Weather.Draw(world), () => answer.Fail(new IOException("simulated: the silo is unavailable")), here);
        if (BreakWithTheDead)
            _underWay.Add((here, there, () => answer.Fail(new IOException("simulated: the silo is dead"))));

        answer.GivesUpAfter(timeout, () => new TimeoutException($"simulated: no answer to {what}"), here);
        if (!IsCut(from, to.Index) && !world.Happens(Weather.LosesRequests))
            world.After(Weather.Draw(world), () => _ = ArriveAsync(), there);
        if (world.Happens(Doubles))
            world.After(Weather.Draw(world) * 20, () => _ = ArriveAsync(), there);
        return answer.Task;

        async Task ArriveAsync()
        {
            try
            {
                var result = await carryOut().ConfigureAwait(false);
                Answer(() => answer.Answer(result));
            }
            catch (Exception e)
            {
                Answer(() => answer.Fail(e));
            }
        }

        void Answer(Action complete)
        {
            if (!there.IsDead && !IsCut(to.Index, from) && !world.Happens(Weather.LosesAnswers))
                world.After(Weather.Draw(world), complete, here);
        }
    }
}
