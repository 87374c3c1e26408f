using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Orleans.Kpl.Silos;

/// <summary>
/// Names one start of a silo: its address and its generation. Rows, frames and the assignment of shards hold its text, so the text never
/// changes. Its hash code is the same in every process.
/// </summary>
internal sealed class SiloId : IEquatable<SiloId>, IComparable<SiloId>
{
    private readonly string _text;

    /// <param name="address">The address; one of IPv4 that is mapped to IPv6 counts as the one of IPv4.</param>
    /// <param name="generation">Grows with every start at that address.</param>
    public SiloId(IPAddress address, int port, int generation)
    {
        Address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        (Port, Generation) = (port, generation);
        _text = string.Create(CultureInfo.InvariantCulture, $"{Address}:{port}@{generation}");
        Number = StableTextHash.LongOf(_text);
    }

    public IPAddress Address { get; }

    public int Port { get; }

    /// <summary>The number of the start: a silo that starts later at the same address has a higher one.</summary>
    public int Generation { get; }

    /// <summary>The number under which the silo takes part in rendezvous hashing.</summary>
    public ulong Number { get; }

    /// <summary>Reads the text of <see cref="ToParsableString"/>.</summary>
    /// <exception cref="FormatException">The text names no silo.</exception>
    public static SiloId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.LastIndexOf('@');
        var colon = at < 0 ? -1 : text.LastIndexOf(':', at);
        return colon > 0
            && IPAddress.TryParse(text.AsSpan(0, colon), out var address)
            && ushort.TryParse(text.AsSpan(colon + 1, at - colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? new SiloId(address, port, generation)
            : throw new FormatException($"'{text}' is no ADDRESS:PORT@GENERATION");
    }

    /// <summary>The text that rows hold: <c>ADDRESS:PORT@GENERATION</c>.</summary>
    public string ToParsableString() => _text;

    /// <summary>The text that users see: <c>SADDRESS:PORT:GENERATION</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Generation < 0 ? 'C' : 'S')}{new IPEndPoint(Address, Port)}:{Generation}");

    public bool Equals(SiloId? other) => other is not null && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as SiloId);

    public override int GetHashCode() => Number.GetHashCode();

    /// <summary>Orders by generation, then by port, then by address: every silo has all silos in the same order.</summary>
    public int CompareTo(SiloId? other)
    {
        if (other is null)
            return 1;
        var order = (Generation, Port, Address.AddressFamily).CompareTo((other.Generation, other.Port, other.Address.AddressFamily));
        return order != 0 ? order : CompareAddresses(Address, other.Address);
    }

    private static int CompareAddresses(IPAddress one, IPAddress two)
    {
        Span<byte> first = stackalloc byte[16], second = stackalloc byte[16];
        one.TryWriteBytes(first, out _);
        two.TryWriteBytes(second, out _);
        return one.AddressFamily == AddressFamily.InterNetwork
            ? BinaryPrimitives.ReadUInt32LittleEndian(first).CompareTo(BinaryPrimitives.ReadUInt32LittleEndian(second))
            : first.SequenceCompareTo(second);
    }
}
