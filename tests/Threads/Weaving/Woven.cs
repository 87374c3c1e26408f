using System.Reflection;
using System.Runtime.Loader;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Threads.Running;

namespace Orleans.Kpl.Threads.Weaving;

/// <summary>
/// Runs this program once more in a load context in which the assemblies of the pipeline and of aggregates are the woven ones. So scenarios call the
/// product as any code does, and nothing on the disk is changed.
/// </summary>
internal static class Woven
{
    private static readonly Lazy<Func<string[], TextWriter, int>> InContext = new(static () =>
    {
        var copy = new AssemblyLoadContext("woven").LoadFromAssemblyPath(typeof(Woven).Assembly.Location);
        return copy.GetType(typeof(Woven).FullName!)!.GetMethod(nameof(Enter))!.CreateDelegate<Func<string[], TextWriter, int>>();
    });

    private static readonly Lazy<IReadOnlyList<Site>> Weaving = new(static () =>
    {
        var folder = Path.GetDirectoryName(typeof(Woven).Assembly.Location)!;
        var sites = new List<Site>();
        // What a context has loaded is what all its assemblies find under that name.
        Load(Weaver.Weave(Path.Combine(folder, "Orleans.Kpl.Aggregation.dll"), Catalog.Watched, sites, watchedAlone: true));
        Load(Weaver.Weave(Path.Combine(folder, "Orleans.Kpl.Pipeline.dll"), Catalog.Watched, sites));
        return sites;

        static void Load(byte[] image) => AssemblyLoadContext.GetLoadContext(typeof(Woven).Assembly)!.LoadFromStream(new MemoryStream(image));
    });

    /// <summary>The places that were woven in, in the context that has them.</summary>
    public static IReadOnlyList<Site> Sites => Weaving.Value;

    /// <summary>Runs the command line on the woven product.</summary>
    public static int Run(string[] args, TextWriter output) => InContext.Value(args, output);

    /// <summary>The same, inside the context.</summary>
    public static int Enter(string[] args, TextWriter output)
    {
        _ = Sites;
        if (AssemblyLoadContext.GetLoadContext(Pipeline) != AssemblyLoadContext.GetLoadContext(typeof(Woven).Assembly))
            throw new InvalidOperationException("the pipeline was used before it was woven");
        return ScheduleCommand.Run(args, output);
    }

    private static Assembly Pipeline => typeof(FlushGeneration).Assembly;
}
