using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Grains.Guarding;

/// <summary>The callers that a grain interface takes.</summary>
internal enum GrainReach
{
    /// <summary>Whoever is in the cluster: the interfaces that take records.</summary>
    Everybody,

    /// <summary>Silos, and clients with a token.</summary>
    Administrators,

    /// <summary>Silos alone; of this library, whatever is not named.</summary>
    Silos,

    /// <summary>An interface of Orleans or of the program that hosts the silo.</summary>
    Foreign,
}

/// <summary>Tells who may call an interface.</summary>
internal static class GrainReaches
{
    /// <summary>The interfaces that Orleans' own client asks of every silo: which grains there are, and that a call be cancelled.</summary>
    private static readonly HashSet<string> OfEveryClient =
    [
        "Orleans.Runtime.IClusterManifestSystemTarget", "Orleans.Runtime.ICancellationSourcesExtension", "Orleans.Runtime.IGrainCallCancellationExtension",
    ];

    public static GrainReach Of(Type target)
    {
        if (target == typeof(IStreamProducer) || target == typeof(IClientLane))
            return GrainReach.Everybody;
        if (target == typeof(IStreamManager))
            return GrainReach.Administrators;
        return target.Assembly == typeof(IStreamProducer).Assembly || target.Assembly == typeof(ISiloLink).Assembly ? GrainReach.Silos : GrainReach.Foreign;
    }

    public static bool IsOfEveryClient(Type target) => target.FullName is { } name && OfEveryClient.Contains(name);
}
