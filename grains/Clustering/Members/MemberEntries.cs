using System.Globalization;
using System.Net;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Runtime;

namespace Orleans.Kpl.Clustering.Members;

/// <summary>Rows of the table as Orleans' entries, and back.</summary>
internal static class MemberEntries
{
    public static string IdentityOf(SiloAddress silo) => MemberRow.IdentityOf(silo.Endpoint.Address.ToString(), silo.Endpoint.Port, silo.Generation);

    public static MemberRow RowOf(MembershipEntry entry) => new()
    {
        Address = entry.SiloAddress.Endpoint.Address.ToString(),
        Port = entry.SiloAddress.Endpoint.Port,
        Generation = entry.SiloAddress.Generation,
        Status = (int)entry.Status,
        HostName = entry.HostName,
        SiloName = entry.SiloName,
        ProxyPort = entry.ProxyPort,
        StartTime = entry.StartTime,
        AliveTime = entry.IAmAliveTime,
        Suspicions = [.. (entry.SuspectTimes ?? []).Select(static s => (s.Item1.ToParsableString(), s.Item2))],
    };

    /// <exception cref="FormatException">A silo that suspects has no address.</exception>
    public static MembershipEntry EntryOf(MemberRow row) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse(row.Address), row.Port, row.Generation),
        Status = (SiloStatus)row.Status,
        HostName = row.HostName!,
        SiloName = row.SiloName!,
        ProxyPort = row.ProxyPort,
        StartTime = row.StartTime,
        IAmAliveTime = row.AliveTime,
        SuspectTimes = [.. row.Suspicions.Select(static s => Tuple.Create(SiloOf(s.Silo), s.Time))],
    };

    public static TableVersion VersionOf(MembersVersion version) => new(version.Number, TagOf(version.ETag));

    public static string TagOf(int tag) => tag.ToString(CultureInfo.InvariantCulture);

    /// <remarks>What Orleans throws here depends on what is wrong with the text.</remarks>
    private static SiloAddress SiloOf(string text)
    {
        try
        {
            return SiloAddress.FromParsableString(text);
        }
        catch (Exception e)
        {
            throw new FormatException($"{MemberAttributes.SuspectingSilos} has '{text}'", e);
        }
    }

    /// <summary>Reads a tag; false for a text that no row of this table ever had.</summary>
    public static bool TryReadTag(string? text, out int tag) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out tag);
}
