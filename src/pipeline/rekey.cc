#include "segmentd/pipeline/rekey.h"

#include <algorithm>

#include "envelope.h"
#include "segmentd/base/hash.h"

namespace segmentd::pipeline {
namespace {

OutRecord CopyOf(const event::RawRecord& record, std::string_view customer_id, int partitions) {
  OutRecord copy{.topic = Topic::kRekeyed,
                 .partition = PartitionOfKey(customer_id, partitions),
                 .key = std::string(customer_id),
                 .value = std::string(*record.value),
                 .headers = {},
                 // A record without a time has -1 or 0.
                 .timestamp_ms = std::max<std::int64_t>(record.timestamp_ms, 0)};
  for (const event::Header& header : record.headers) copy.headers.Add(header.name, header.value);
  return copy;
}

}  // namespace

Result<std::unique_ptr<Rekey>> Rekey::Create(const Options& options) {
  event::Format format = options.transactions;
  format.keyed = false;
  SEGMENTD_ASSIGN_OR_RETURN(auto decoder, event::Decoder::Create(format));
  return std::unique_ptr<Rekey>(new Rekey(options, std::move(decoder)));
}

void Rekey::Apply(std::span<const event::RawRecord> records, int partitions, Effects& effects) {
  decoder_->Reset();
  for (const event::RawRecord& record : records) {
    event::RawRecord keyless = record;
    keyless.key.reset();
    const auto event = decoder_->DecodeTransaction(keyless);
    if (event) {
      ++effects.counts.rekeyed;
      effects.outputs.push_back(CopyOf(record, event->customer_id, partitions));
    } else {
      ++effects.counts.rejected[static_cast<std::size_t>(event.error().code)];
      effects.outputs.push_back(DeadLetter(options_, record, event.error()));
    }
  }
}

Partition PartitionOfKey(std::string_view key, int partitions) {
  constexpr std::uint32_t kPositive = 0x7fffffff;
  const std::uint32_t hash = Murmur2(key) & kPositive;
  return Partition{static_cast<std::int32_t>(hash % static_cast<std::uint32_t>(partitions))};
}

}  // namespace segmentd::pipeline
