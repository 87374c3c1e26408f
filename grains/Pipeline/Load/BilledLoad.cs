namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// The units that Kinesis bills for records: PUT payload units of 25 KiB for a provisioned stream, and KiB for an on-demand one. Both are rounded up record by
/// record (AWS: "Amazon Kinesis Data Streams pricing").
/// </summary>
/// <param name="UnitsAlone">The units, had every user record been a Kinesis record of its own.</param>
/// <param name="KiBAlone">The KiB, had every user record been a Kinesis record of its own.</param>
internal readonly record struct BilledLoad(uint Units, uint KiB, uint UnitsAlone, uint KiBAlone)
{
    /// <summary>The bytes of a unit.</summary>
    public const int UnitBytes = 25 << 10;

    /// <summary>The bytes of an aggregate beside its members: its magic number and its digest.</summary>
    public const int FrameBytes = 20;

    /// <summary>The bytes of a member beside its key and data: tags, lengths and the index of its key.</summary>
    public const int MemberBytes = 8;

    /// <summary>Returns what one Kinesis record costs. Its members count as equally large.</summary>
    public static BilledLoad Of(int userRecords, int bytes)
    {
        var (units, kib) = (Parts(bytes, UnitBytes), Parts(bytes, 1 << 10));
        if (userRecords <= 1)
            return new BilledLoad(units, kib, units, kib);
        var (each, count) = (((bytes - FrameBytes) / userRecords) - MemberBytes, (uint)userRecords);
        return new BilledLoad(units, kib, count * Parts(each, UnitBytes), count * Parts(each, 1 << 10));
    }

    public static BilledLoad operator +(BilledLoad a, BilledLoad b) =>
        new(a.Units + b.Units, a.KiB + b.KiB, a.UnitsAlone + b.UnitsAlone, a.KiBAlone + b.KiBAlone);

    private static uint Parts(int bytes, int size) => (uint)((Math.Max(1, bytes) + size - 1) / size);
}
