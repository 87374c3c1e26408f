using System.Globalization;
using System.Net;
using Amazon.DynamoDBv2.Model;

namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>Rows of silos as items of the table, in the format of Orleans' own provider.</summary>
internal static class MemberItems
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss.fff 'GMT'";
    private const char Separator = '|';

    /// <summary>The attributes that an update removes where a row has none. What no row of ours has is somebody else's, and stays.</summary>
    private static readonly string[] Optional =
        [MemberAttributes.HostName, MemberAttributes.SiloName, MemberAttributes.SuspectingSilos, MemberAttributes.SuspectingTimes];

    public static Dictionary<string, AttributeValue> KeyOf(string cluster, string identity) => new()
    {
        [MemberAttributes.Cluster] = new(cluster),
        [MemberAttributes.Silo] = new(identity),
    };

    public static AttributeValue NumberOf(int value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };

    public static AttributeValue TimeOf(DateTime value) => new(value.ToString(TimeFormat, CultureInfo.InvariantCulture));

    /// <summary>A row's attributes without its keys. Empty texts are left out: not every DynamoDB accepts one.</summary>
    public static Dictionary<string, AttributeValue> AttributesOf(MemberRow row, int version, int etag)
    {
        var item = new Dictionary<string, AttributeValue>
        {
            [MemberAttributes.Port] = NumberOf(row.Port),
            [MemberAttributes.Generation] = NumberOf(row.Generation),
            [MemberAttributes.ProxyPort] = NumberOf(row.ProxyPort),
            [MemberAttributes.Status] = NumberOf(row.Status),
            [MemberAttributes.StartTime] = TimeOf(row.StartTime),
            [MemberAttributes.AliveTime] = TimeOf(row.AliveTime),
            [MemberAttributes.Version] = NumberOf(version),
            [MemberAttributes.ETag] = NumberOf(etag),
        };
        Add(MemberAttributes.Address, row.Address);
        Add(MemberAttributes.HostName, row.HostName);
        Add(MemberAttributes.SiloName, row.SiloName);
        Add(MemberAttributes.SuspectingSilos, string.Join(Separator, row.Suspicions.Select(static s => s.Silo)));
        Add(MemberAttributes.SuspectingTimes, string.Join(Separator, row.Suspicions.Select(static s => TimeOf(s.Time).S)));
        return item;

        void Add(string name, string? text)
        {
            if (!string.IsNullOrWhiteSpace(text))
                item[name] = new(text);
        }
    }

    /// <summary>An update that replaces all that a row says, of a row with the given tag alone.</summary>
    public static Update UpdateOf(string table, string cluster, MemberRow row, int over, int version)
    {
        var attributes = AttributesOf(row, version, over + 1);
        return UpdateOf(table, KeyOf(cluster, row.Identity), attributes, over, [.. Optional.Where(n => !attributes.ContainsKey(n))]);
    }

    /// <summary>An update of the cluster's version, over the one with the given tag alone.</summary>
    public static Update UpdateOf(string table, string cluster, int version, int over) => UpdateOf(
        table, KeyOf(cluster, MemberAttributes.VersionRow),
        new() { [MemberAttributes.Version] = NumberOf(version), [MemberAttributes.ETag] = NumberOf(over + 1) }, over, []);

    /// <summary>The row with the version, as Orleans' provider writes it.</summary>
    public static Dictionary<string, AttributeValue> ItemOf(string cluster, MembersVersion version) =>
        new(KeyOf(cluster, MemberAttributes.VersionRow))
        {
            [MemberAttributes.Port] = NumberOf(0),
            [MemberAttributes.Generation] = NumberOf(0),
            [MemberAttributes.Status] = NumberOf(0),
            [MemberAttributes.ProxyPort] = NumberOf(0),
            [MemberAttributes.Version] = NumberOf(version.Number),
            [MemberAttributes.ETag] = NumberOf(version.ETag),
        };

    /// <exception cref="FormatException">An attribute is missing, or cannot be what it is.</exception>
    public static MembersVersion VersionOf(Dictionary<string, AttributeValue> item) =>
        new(Number(item, MemberAttributes.Version), Number(item, MemberAttributes.ETag));

    public static string IdentityOf(Dictionary<string, AttributeValue> item) => item[MemberAttributes.Silo].S;

    /// <summary>The version that wrote a row; 0 for a row that does not say: it is newer than none.</summary>
    public static int VersionNumberOf(Dictionary<string, AttributeValue> item) =>
        item.TryGetValue(MemberAttributes.Version, out var value) && int.TryParse(value.N, out var number) ? number : 0;

    /// <summary>Reads the rows of silos, and says which of them cannot be read.</summary>
    public static (List<T> Rows, List<UnreadableMember> Unreadable) Read<T>(
        IEnumerable<Dictionary<string, AttributeValue>> items, Func<Dictionary<string, AttributeValue>, T> rowOf)
    {
        var (rows, unreadable) = (new List<T>(), new List<UnreadableMember>());
        foreach (var item in items.Where(static i => IdentityOf(i) != MemberAttributes.VersionRow))
        {
            try
            {
                rows.Add(rowOf(item));
            }
            catch (FormatException e)
            {
                unreadable.Add(new(IdentityOf(item), e.Message));
            }
        }

        return (rows, unreadable);
    }

    /// <summary>Reads a silo's row.</summary>
    /// <exception cref="FormatException">An attribute is missing, or cannot be what it is.</exception>
    public static TaggedMember RowOf(Dictionary<string, AttributeValue> item)
    {
        var row = new MemberRow
        {
            Address = AddressOf(item),
            Port = Port(item, MemberAttributes.Port),
            Generation = Number(item, MemberAttributes.Generation),
            Status = Number(item, MemberAttributes.Status),
            HostName = Text(item, MemberAttributes.HostName),
            SiloName = Text(item, MemberAttributes.SiloName),
            ProxyPort = Port(item, MemberAttributes.ProxyPort),
            StartTime = Text(item, MemberAttributes.StartTime) is { } started ? Time(started, MemberAttributes.StartTime) : default,
            AliveTime = Text(item, MemberAttributes.AliveTime) is { } alive ? Time(alive, MemberAttributes.AliveTime) : default,
            Suspicions = SuspicionsOf(item),
        };
        // Two rows of one silo would be none for Orleans, which then takes no row at all; and changes go to the row with the right key.
        return row.Identity == IdentityOf(item)
            ? new TaggedMember(row, Number(item, MemberAttributes.ETag))
            : throw new FormatException($"what it says is of silo {row.Identity}");
    }

    /// <summary>The address of a row, as Orleans writes it.</summary>
    /// <exception cref="FormatException">It is missing, or none.</exception>
    public static string AddressOf(Dictionary<string, AttributeValue> item)
    {
        var text = Text(item, MemberAttributes.Address) ?? throw Missing(MemberAttributes.Address);
        return IPAddress.TryParse(text, out var address) ? address.ToString() : throw new FormatException($"{MemberAttributes.Address} is '{text}'");
    }

    /// <summary>A number that a row must have.</summary>
    /// <exception cref="FormatException">It is missing, or none.</exception>
    public static int Number(Dictionary<string, AttributeValue> item, string name)
    {
        if (!item.TryGetValue(name, out var value))
            throw Missing(name);
        return int.TryParse(value.N, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{name} is '{value.N ?? value.S}'");
    }

    /// <summary>A port that a row must have.</summary>
    /// <exception cref="FormatException">It is missing, or none.</exception>
    public static int Port(Dictionary<string, AttributeValue> item, string name)
    {
        var port = Number(item, name);
        return port is >= 0 and <= ushort.MaxValue ? port : throw new FormatException($"{name} is {port}");
    }

    private static Update UpdateOf(
        string table, Dictionary<string, AttributeValue> key, Dictionary<string, AttributeValue> attributes, int over, List<string> removed) => new()
        {
            TableName = table,
            Key = key,
            // Names of attributes may be words of DynamoDB's.
            UpdateExpression = $"SET {string.Join(", ", attributes.Keys.Select(static n => $"#{n} = :{n}"))}"
                + (removed.Count == 0 ? "" : $" REMOVE {string.Join(", ", removed.Select(static n => "#" + n))}"),
            ConditionExpression = $"#{MemberAttributes.ETag} = :over",
            ExpressionAttributeNames = attributes.Keys.Concat(removed).ToDictionary(static n => "#" + n),
            ExpressionAttributeValues = attributes.Select(static a => KeyValuePair.Create(":" + a.Key, a.Value))
                .Append(new(":over", NumberOf(over))).ToDictionary(),
        };

    private static List<(string, DateTime)> SuspicionsOf(Dictionary<string, AttributeValue> item)
    {
        var silos = Text(item, MemberAttributes.SuspectingSilos)?.Split(Separator) ?? [];
        var times = Text(item, MemberAttributes.SuspectingTimes)?.Split(Separator) ?? [];
        return silos.Length == times.Length
            ? [.. silos.Zip(times, static (silo, time) => (silo, Time(time, MemberAttributes.SuspectingTimes)))]
            : throw new FormatException($"{MemberAttributes.SuspectingSilos} has {silos.Length} parts and {MemberAttributes.SuspectingTimes} {times.Length}");
    }

    private static string? Text(Dictionary<string, AttributeValue> item, string name) =>
        item.TryGetValue(name, out var value) && !string.IsNullOrEmpty(value.S) ? value.S : null;

    private static DateTime Time(string text, string name) => DateTime.TryParseExact(
        text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new FormatException($"{name} is '{text}'");

    private static FormatException Missing(string name) => new($"{name} is missing");
}

/// <summary>The names of a row's attributes, those of Orleans' own provider for DynamoDB: silos with either share a table.</summary>
internal static class MemberAttributes
{
    /// <summary>The partition key: the cluster.</summary>
    public const string Cluster = "DeploymentId";

    /// <summary>The sort key: the silo, or <see cref="VersionRow"/>.</summary>
    public const string Silo = "SiloIdentity";

    /// <summary>The sort key of the row that has the version of a cluster's rows.</summary>
    public const string VersionRow = "VersionRow";

    public const string Address = "Address";
    public const string Port = "Port";
    public const string Generation = "Generation";
    public const string HostName = "HostName";
    public const string SiloName = "SiloName";
    public const string ProxyPort = "ProxyPort";
    public const string Status = "SiloStatus";
    public const string StartTime = "StartTime";
    public const string AliveTime = "IAmAliveTime";
    public const string SuspectingSilos = "SuspectingSilos";
    public const string SuspectingTimes = "SuspectingTimes";

    /// <summary>The version of the cluster's rows that wrote the row; in <see cref="VersionRow"/>, the version.</summary>
    public const string Version = "MembershipVersion";

    /// <summary>Grows with each change of the row; in <see cref="VersionRow"/>, with each change of any row.</summary>
    public const string ETag = "ETag";
}
