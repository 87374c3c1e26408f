using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Aggregation;

/// <summary>Producer numbers in packed records.</summary>
internal static class PackedNumbers
{
    extension(ProducerNumber number)
    {
        public PackedNumber Packed => new(number.Producer, number.Line, number.Number);
    }

    extension(PackedNumber number)
    {
        public ProducerNumber Unpacked => new(number.Producer, number.Line, number.Number);
    }
}
