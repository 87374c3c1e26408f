using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>What all silos want of the quotas, as one of them knows it at one instant. It never changes.</summary>
/// <param name="own">What the silo itself may reckon with.</param>
/// <param name="others">What the other silos want; null for one that has not said anything yet.</param>
internal sealed class QuotaView(IReadOnlyDictionary<string, QuotaDemand> own, IReadOnlyList<IReadOnlyDictionary<string, QuotaDemand>?> others)
{
    /// <summary>
    /// The part of an even share that a silo has although others want all of it, so that a first request need not wait until they know. All silos
    /// together give out so much more than the quota at most, until they have talked.
    /// </summary>
    private const double LeastPart = 0.05;

    private const int MostOnStack = 64;

    /// <summary>The view of a process without others.</summary>
    public static QuotaView Alone { get; } = new(new Dictionary<string, QuotaDemand>(), []);

    /// <summary>How many silos share the quotas, this one included.</summary>
    public int Silos => others.Count + 1;

    /// <summary>Returns how many records a second of a quota this silo may let through.</summary>
    public double RecordsOf(string identity, long limit) => Of(identity, limit, static d => d.Records);

    /// <summary>Returns how many bytes a second of a quota this silo may let through.</summary>
    public double BytesOf(string identity, long limit) => Of(identity, limit, static d => d.Bytes);

    private double Of(string identity, long limit, Func<QuotaDemand, double> wanted)
    {
        if (others.Count == 0)
            return limit;
        Span<double> wants = others.Count <= MostOnStack ? stackalloc double[others.Count] : new double[others.Count];
        for (var i = 0; i < wants.Length; i++)
            wants[i] = others[i] is { } other ? wanted(other.GetValueOrDefault(identity)) : double.PositiveInfinity;
        return Math.Max(FairShare.Of(limit, wanted(own.GetValueOrDefault(identity)), wants), LeastPart * limit / Silos);
    }
}
