using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Grains.Management;

/// <summary>Creates the administrator of one stream's shards, for its manager.</summary>
internal sealed class StreamAdmins(KplOptions options, ClusterGateway kinesis, SiloLinks links, LiveSilos silos, AdminServices services)
{
    public StreamAdministrator Create(string stream) =>
        new(new ClusterStream(StreamTarget.Of(stream, options.GetStream(stream)), kinesis, links, silos), services);
}
