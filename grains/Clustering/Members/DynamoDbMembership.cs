using System.Globalization;
using System.Net;
using Orleans.Kpl.DynamoDb.Membership;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Clustering.Members;

/// <summary>The members of the cluster in DynamoDB, for silos.</summary>
internal sealed class DynamoDbMembership(MembersTable table, TimeProvider time, MembersLog log) : IMembershipTable, IDisposable
{
    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken) => TableWait.UntilAnsweredAsync(
        async () =>
        {
            await table.EnsureAsync(cancellationToken).ConfigureAwait(false);
            if (tryInitTableVersion)
                await table.EnsureVersionAsync(cancellationToken).ConfigureAwait(false);
        },
        log, time, cancellationToken);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) => table.DeleteAllAsync(clusterId, cancellationToken);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) =>
        table.DeleteOldAsync(beforeDate.UtcDateTime, cancellationToken);

    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) =>
        DataOf(await table.ReadAsync(MemberEntries.IdentityOf(key), cancellationToken).ConfigureAwait(false)).Data;

    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken)
    {
        var (data, unreadable) = DataOf(await table.ReadAllAsync(cancellationToken).ConfigureAwait(false));
        log.Unreadable(unreadable);
        return data;
    }

    public async Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        MemberEntries.TryReadTag(tableVersion.VersionEtag, out var over)
        && await table.InsertAsync(MemberEntries.RowOf(entry), tableVersion.Version, over, cancellationToken).ConfigureAwait(false);

    public async Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        MemberEntries.TryReadTag(etag, out var rowOver) && MemberEntries.TryReadTag(tableVersion.VersionEtag, out var over)
        && await table.UpdateAsync(MemberEntries.RowOf(entry), rowOver, tableVersion.Version, over, cancellationToken).ConfigureAwait(false);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) =>
        table.RenewAsync(MemberEntries.IdentityOf(entry.SiloAddress), entry.IAmAliveTime, cancellationToken);

    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    public void Dispose() => table.Dispose();

    private static (MembershipTableData Data, List<UnreadableMember> Unreadable) DataOf(MembersSnapshot read)
    {
        var entries = new List<Tuple<MembershipEntry, string>>(read.Rows.Count);
        var unreadable = read.Unreadable.ToList();
        foreach (var (row, tag) in read.Rows)
        {
            try
            {
                entries.Add(Tuple.Create(MemberEntries.EntryOf(row), MemberEntries.TagOf(tag)));
            }
            catch (FormatException e)
            {
                unreadable.Add(new(row.Identity, e.Message));
            }
        }
        return (new MembershipTableData(entries, MemberEntries.VersionOf(read.Version)), unreadable);
    }
}

/// <summary>Waits for tables that do not answer when a silo starts.</summary>
/// <remarks>Orleans starts no silo again whose table could not be reached once. So that is waited for, as long as AWS's SDK would by itself.</remarks>
internal static class TableWait
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Completes when the tables answer.</summary>
    /// <exception cref="StateStoreException">They did not for all that time.</exception>
    public static async Task UntilAnsweredAsync(Func<Task> ask, MembersLog log, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                await ask().ConfigureAwait(false);
                log.Back();
                return;
            }
            catch (StateStoreException e) when (time.GetElapsedTime(start) < Longest)
            {
                log.Away("the silo cannot join before that works", e);
            }

            await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
        }
    }
}

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
