using System.Reflection;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>Writes what a process tells its operator into the trace, and finds fault with what it calls a defect.</summary>
public class RecordedEvents : DispatchProxy
{
    private World _world = null!;
    private string _process = "";

    internal static TEvents Of<TEvents>(World world, string process)
        where TEvents : class
    {
        var events = Create<TEvents, RecordedEvents>();
        var recorded = (RecordedEvents)(object)events;
        (recorded._world, recorded._process) = (world, process);
        return events;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var name = targetMethod!.Name;
        if (name is nameof(IPipelineEvents.SegmentSetAside) or nameof(IPipelineEvents.HandlerThrew) or nameof(IPipelineEvents.Unexpected))
            _world.Violate($"{_process} tells its operator of a defect, {name}: {string.Join(", ", args!)}");
        else if (name is nameof(IPipelineEvents.RecordsSetAside))
            _world.DeadLetters += (int)args![3]!;
        if (_world.IsTracing)
            _world.Say(_process, $"{name}: {string.Join(", ", args!)}");
        return null;
    }
}
